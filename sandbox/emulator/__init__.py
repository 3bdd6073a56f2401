"""The AWS APIs of one account on loopback: moto behind a recorder, faults and one lock, with corrections."""
