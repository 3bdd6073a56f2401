"""The stack that is there before anything is deployed; lay.py creates it over the AWS APIs."""
