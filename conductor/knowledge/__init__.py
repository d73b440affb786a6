"""Facts about images, wheels and GPUs, each with its source and date."""
