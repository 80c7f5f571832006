"""Pages of the newsletter: for everybody, for who has a link, for who is signed in, and for the platform's webhooks."""
