"""What pictures a product needs and whether its main one can be shown: one judgement for index and audit."""
