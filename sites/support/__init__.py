"""Looking in: what staff see of submissions, inside an open session of access and nowhere else (promise 10)."""
