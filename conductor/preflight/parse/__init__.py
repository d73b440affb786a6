"""Read the files that make an image, exactly as the builder does, without knowing what could be wrong with them."""
