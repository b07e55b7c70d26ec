"""What :class:`skmlp.TabularPreprocessor` makes its features of: numbers and categories."""
