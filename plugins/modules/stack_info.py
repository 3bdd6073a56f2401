#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stack_info
version_added: 1.0.0
short_description: Find the shared AWS stack that a deployment attaches to
description:
  - Finds the VPC, its private subnets, the Application Load Balancer with its HTTPS listener, the ECS cluster and the
    hosted zone by name, and returns their ids in one flat dictionary.
  - Everything that is missing, ambiguous or unusable is reported in one message, each with what was wanted, what was
    found and what to do.
  - It only reads. The account is checked before anything else is read.
author:
  - Quilt Data (@quiltdata)
options:
  account_id:
    description:
      - The twelve digits of the AWS account that the stack belongs to.
      - Credentials of another account are refused.
      - Unset accepts any account.
    type: str
  vpc_name:
    description: The C(Name) tag of the VPC. One of O(vpc_name) and O(vpc_id) is required.
    type: str
  vpc_id:
    description:
      - The id of the VPC, which takes the place of O(vpc_name).
      - A VPC that another account shares shows no tags, so that only its id finds it.
    type: str
  load_balancer_name:
    description: The name of the Application Load Balancer, which must stand in the VPC.
    type: str
    required: true
  listener_port:
    description: The port of the load balancer's HTTPS listener.
    type: int
    default: 443
  cluster_name:
    description: The name of the ECS cluster.
    type: str
    required: true
  host:
    description:
      - The public host name of the deployment.
      - A warning is given when no ACM certificate of the listener covers it.
    type: str
  hosted_zone_name:
    description:
      - The name of the Route 53 hosted zone, with or without the final dot.
      - V(auto) finds the zone with the longest name that O(host) lies in. Public zones come before private ones.
      - V(none) means that DNS is kept elsewhere and no zone is looked for.
    type: str
    default: auto
  private_subnet_ids:
    description:
      - The private subnets by id.
      - With neither this option nor O(private_subnet_tags) they are found by their routes. A private subnet has no
        route to an internet gateway and lies in a zone of the load balancer. Where some of these subnets have a
        default route and others have none, the ones with a default route are taken.
      - Only one of the two options may be given.
    type: list
    elements: str
    default: []
  private_subnet_tags:
    description: Tags which the private subnets carry, all of them. A value is compared exactly.
    type: dict
    default: {}
  minimum_zones:
    description: The number of availability zones that the private subnets must cover at least.
    type: int
    default: 2
  secrets:
    description:
      - Names or ARNs of the Secrets Manager secrets that the tasks read, and ARNs of SSM parameters.
      - A secret may be named as ECS takes it, C(arn:json-key:stage:version-id).
      - They are described, their values are never read.
    type: list
    elements: str
    default: []
  capacity_providers:
    description:
      - The capacity providers that the cluster must have, such as V(FARGATE_SPOT).
      - The message for one that it lacks has the command with which the cluster's owner adds it. The cluster is never
        changed.
    type: list
    elements: str
    default: []
  option_names:
    description: The variables that set these options, by option, where messages are to name them instead.
    type: dict
    default: {}
  removal:
    description:
      - Find only what the removal of a deployment needs, which is the listener.
      - One that is gone is a warning, and an empty RV(stack.listener_arn), as its rules went with it.
    type: bool
    default: false
extends_documentation_fragment:
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Find the stack
  quilt.mcp_server.stack_info:
    account_id: "850787717197"
    region: us-east-1
    vpc_name: sales-prod
    load_balancer_name: sales-prod-alb
    cluster_name: sales-prod
    host: demo.quiltdata.com
    private_subnet_tags:
      Tier: private
  register: found

- name: Show the listener
  ansible.builtin.debug:
    var: found.stack.listener_arn
"""

RETURN = r"""
stack:
  description: The shared things of the stack.
  returned: success; with O(removal) the account, the partition, the region and the listener alone
  type: dict
  contains:
    account_id:
      description: The account of the credentials.
      type: str
      sample: "850787717197"
    partition:
      description: The partition in ARNs.
      type: str
      sample: aws
    region:
      description: The region that was read.
      type: str
      sample: us-east-1
    vpc_id:
      description: The VPC.
      type: str
      sample: vpc-0a1b2c3d
    vpc_cidr:
      description: The primary IPv4 range of the VPC.
      type: str
      sample: 10.0.0.0/16
    private_subnet_ids:
      description: The private subnets, ordered by zone.
      type: list
      elements: str
      sample: [subnet-0a1b2c3d, subnet-1a2b3c4d]
    load_balancer_arn:
      description: The load balancer.
      type: str
      sample: arn:aws:elasticloadbalancing:us-east-1:850787717197:loadbalancer/app/sales-prod-alb/50dc6c495c0c9188
    load_balancer_name:
      description: The name of the load balancer.
      type: str
      sample: sales-prod-alb
    load_balancer_dns_name:
      description: The DNS name of the load balancer.
      type: str
      sample: sales-prod-alb-1234567890.us-east-1.elb.amazonaws.com
    load_balancer_zone_id:
      description: The hosted zone of the load balancer's DNS name, as an alias record needs it.
      type: str
      sample: Z35SXDOTRQ7X7K
    load_balancer_security_group_ids:
      description: The security groups of the load balancer.
      type: list
      elements: str
      sample: [sg-0a1b2c3d]
    load_balancer_attributes:
      description: The attributes of the load balancer, as strings under AWS's own keys.
      type: dict
      sample: {"idle_timeout.timeout_seconds": "60"}
    listener_arn:
      description: The HTTPS listener.
      type: str
      sample: arn:aws:elasticloadbalancing:us-east-1:850787717197:listener/app/sales-prod-alb/50dc6c495c0c9188/0467ef3c
    listener_protocol:
      description: Always V(HTTPS).
      type: str
      sample: HTTPS
    cluster_name:
      description: The name of the ECS cluster.
      type: str
      sample: sales-prod
    cluster_arn:
      description: The ECS cluster.
      type: str
      sample: arn:aws:ecs:us-east-1:850787717197:cluster/sales-prod
    hosted_zone_id:
      description: The hosted zone, or null when none was asked for.
      type: str
      sample: Z3M3LMPEXAMPLE
    secrets:
      description: The ARN of each secret, under the name that was asked for.
      type: dict
      sample: {"jwt": "arn:aws:secretsmanager:us-east-1:850787717197:secret:jwt-AbCdEf"}
    secret_versions:
      description: The version id of each secret that is current, under the name that was asked for and under its ARN.
      type: dict
      sample: {"jwt": "6d3a1bc2-0c4f-4a55-9b3d-7a1f9e2b8c10"}
problems:
  description: The reasons of the failure, one by one.
  returned: failure
  type: list
  elements: dict
  contains:
    wanted:
      description: What was looked for.
      type: str
      sample: VPC named 'sales-prd'
    found:
      description: What was there instead.
      type: str
      sample: not found (did you mean sales-prod (vpc-0a1b2c3d)?)
    remedy:
      description: What to do.
      type: str
      sample: correct vpc_name, the region or the profile
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import run_info
from ansible_collections.quilt.mcp_server.plugins.module_utils._stack.info import stack


def main() -> None:
    module = AwsModule(
        argument_spec={
            "account_id": {"type": "str"},
            "vpc_name": {"type": "str"},
            "vpc_id": {"type": "str"},
            "load_balancer_name": {"type": "str", "required": True},
            "listener_port": {"type": "int", "default": 443},
            "cluster_name": {"type": "str", "required": True},
            "host": {"type": "str"},
            "hosted_zone_name": {"type": "str", "default": "auto"},
            "private_subnet_ids": {"type": "list", "elements": "str", "default": []},
            "private_subnet_tags": {"type": "dict", "default": {}},
            "minimum_zones": {"type": "int", "default": 2},
            "secrets": {"type": "list", "elements": "str", "default": [], "no_log": False},
            "capacity_providers": {"type": "list", "elements": "str", "default": []},
            "option_names": {"type": "dict", "default": {}},
            "removal": {"type": "bool", "default": False},
        },
        required_one_of=[("vpc_name", "vpc_id")],
        supports_check_mode=True,
    )
    run_info(module, stack)


if __name__ == "__main__":
    main()
