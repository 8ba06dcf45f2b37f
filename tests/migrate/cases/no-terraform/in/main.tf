resource "openai_file" "a" {
  filepath =
}
