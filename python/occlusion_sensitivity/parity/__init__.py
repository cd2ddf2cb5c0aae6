"""Whether this package gives the numbers of a reference: the parity cases, and calls exported from MATLAB."""
