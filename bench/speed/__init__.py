"""What a deployment costs, compared with an empty play, an earlier commit and Terraform. Run by `make bench`.

sandbox.py      an AWS account for one contender, in a process of its own (control.py)
collection.py   the collection as its artifact, of this clone and of an earlier commit
inventory.py    the inventory of the deployments
playbooks.py    a deployment by ansible-playbook
terraform.py    the same resources by Terraform
scenarios.py    what is run: by whom, from which state of the account
measure.py      CPU and wall time of a command with its children
placement.py    the decision of the listener rule
rows.py         the rows with their goals, from the figures (pure)
table.py        the tables (pure)
resources.py    what a contender made in its account
profile.py      what bounds a run
"""
