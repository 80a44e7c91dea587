"""Mails that go to the people who run Facteur: never to a resident, a guardian or a client."""
