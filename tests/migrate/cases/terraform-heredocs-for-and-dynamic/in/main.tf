variable "names" { default = ["a", "b"] }
locals {
  rules = { for n in var.names : n => upper(n) }
}
resource "openai_vector_store" "kb" {
  name = "Knowledge"
  expires_after { 
    anchor = "last_active_at"
    days   = 14
  }
}
resource "openai_assistant" "desk" {
  name         = "Desk"
  model        = "gpt-4o"
  instructions = <<-EOT
    You serve ${var.names[0]}.
      Keep "quotes" and %{ if true }directives%{ endif }.
  EOT
  description = <<EOT
Plain text.
EOT
  dynamic "tools" {
    for_each = ["code_interpreter", "file_search"]
    content { type = tools.value }
  }
  tool_resources {
    file_search { vector_store_ids = [openai_vector_store.kb.id] }
  }
  metadata = { for k, v in local.rules : k => v }
}
resource "openai_assistant" "many" {
  for_each = toset(var.names)
  name  = "Many ${each.key}"
  model = "gpt-4o"
  tools = [{ type = "code_interpreter" }]
}
