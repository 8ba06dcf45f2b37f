"""What people review: lint, costs, differences word by word, and the renderers of plans, states and outcomes."""
