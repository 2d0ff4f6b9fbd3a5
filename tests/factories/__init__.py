"""Small worlds for tests that need no pages; ``tests.cases`` has the world with a course."""
