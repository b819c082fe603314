# The rules of "make terraform". Those for AWS are a plugin, which "make terraform FETCH=1" brings: see tflint-aws.hcl.
config {
  call_module_type = "local"
  force            = false
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}

# Modules are called by the path; their files are called after the nouns in them.
rule "terraform_standard_module_structure" {
  enabled = false
}
