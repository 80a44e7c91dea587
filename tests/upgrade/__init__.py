"""A ``var/`` that an older Facteur made, in the middle of a month, and what becomes of it under this one."""
