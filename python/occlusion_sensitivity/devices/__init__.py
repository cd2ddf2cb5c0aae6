"""Where arrays live and whose kernels work on them."""
