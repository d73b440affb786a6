"""Follow what an image holds, instruction by instruction, as the builder would; what cannot be known stays unknown."""
