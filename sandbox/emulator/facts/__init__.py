"""One file for each fact of AWS that moto gets wrong. To add one is to drop a file in; see ../corrections.py."""
