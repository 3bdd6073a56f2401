# The shared stack, found by name as the collection finds it.
locals {
  stack       = "sales-prod"
  environment = "production"
  name        = "${local.stack}-mcp-server-${local.environment}"
  host        = "demo.quiltdata.com"
  port        = 8000
}

data "aws_caller_identity" "this" {}

data "aws_region" "this" {}

data "aws_vpc" "this" {
  tags = { Name = local.stack }
}

data "aws_subnets" "private" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.this.id]
  }
  tags = { Tier = "private" }
}

data "aws_lb" "this" {
  name = "${local.stack}-alb"
}

data "aws_lb_listener" "https" {
  load_balancer_arn = data.aws_lb.this.arn
  port              = 443
}

data "aws_ecs_cluster" "this" {
  cluster_name = local.stack
}

data "aws_secretsmanager_secret" "jwt" {
  name = "${local.stack}/mcp-server/jwt"
}

data "aws_ecr_repository" "this" {
  name = "quilt-mcp-server"
}

data "aws_ecr_image" "this" {
  repository_name = data.aws_ecr_repository.this.name
  image_tag       = "bench"
}
