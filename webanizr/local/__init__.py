"""What a machine without servers needs: embedded PostgreSQL, Valkey and S3, the supervisor behind `manage.py up`."""
