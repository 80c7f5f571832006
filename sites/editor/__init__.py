"""What the customer edits with: start, pages, the page editor, forms, look, publishing."""
