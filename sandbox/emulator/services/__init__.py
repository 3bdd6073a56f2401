"""Services that replace moto's whole: one package each, with an `install.py`."""
