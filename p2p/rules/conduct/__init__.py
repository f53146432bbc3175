"""What peers may do: greeting, budgets, scores, bans."""
