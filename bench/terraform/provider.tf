terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint_url" {
  description = "The sandbox's AWS APIs"
  type        = string
}

variable "wait_for_service" {
  description = "Whether an apply ends when the service is stable"
  type        = bool
}

provider "aws" {
  region     = "us-east-1"
  access_key = "sandbox"
  secret_key = "any-secret-key-will-do"

  endpoints {
    ec2            = var.endpoint_url
    ecr            = var.endpoint_url
    ecs            = var.endpoint_url
    elbv2          = var.endpoint_url
    iam            = var.endpoint_url
    logs           = var.endpoint_url
    secretsmanager = var.endpoint_url
    sts            = var.endpoint_url
  }

  default_tags {
    tags = {
      Stack              = local.stack
      Environment        = local.environment
      "quilt:deployment" = local.name
    }
  }
}
