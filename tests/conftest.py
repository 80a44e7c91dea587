"""What all tests share."""

pytest_plugins = ["tests.databases", "tests.workplace", "tests.prefect_server"]
