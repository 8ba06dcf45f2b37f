variable "model" { default = "gpt-4o" }

resource "openai_file" "book" {
  filepath = "${path.module}/books/a.md"
  purpose  = "assistants"
}

resource "openai_vector_store" "kb" {
  name     = "Knowledge"
  file_ids = [openai_file.book.id]
}

resource "openai_vector_store_file_batch" "more" {
  vector_store_id = openai_vector_store.kb.id
  file_ids        = ["file-9"]
}

resource "openai_assistant" "tutor" {
  count        = 2
  name         = "Tutor"
  model        = var.model
  instructions = <<-EOT
    You are kind.
    Costs $${price}.
  EOT
  tools {
    type = "file_search"
  }
  tools {
    type = "function"
    function {
      name        = "f"
      description = "Says \"yes\"."
      parameters  = jsonencode({ type = "object", properties = { q = { type = "string" } } })
    }
  }
  tool_resources {
    file_search {
      vector_store_ids = [openai_vector_store.kb.id]
    }
  }
}
