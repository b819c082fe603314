# With the rules for AWS: values that AWS does not know, such as a type of node. The plugin comes from GitHub.
config {
  call_module_type = "local"
  force            = false
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}

plugin "aws" {
  enabled = true
  version = "0.48.0"
  source  = "github.com/terraform-linters/tflint-ruleset-aws"
}

# Modules are called by the path; their files are called after the nouns in them.
rule "terraform_standard_module_structure" {
  enabled = false
}
