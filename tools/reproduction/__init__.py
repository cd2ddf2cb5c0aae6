"""What tools/reproduce.py is made of: what documents say, and what is there when it is built again."""
