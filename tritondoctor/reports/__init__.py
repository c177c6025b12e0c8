"""How it is told: renderers of one `Report`, without a diagnosis of their own."""
