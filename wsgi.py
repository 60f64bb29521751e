from census.app import Settings, create_app  # noqa: D100 - two lines, for gunicorn
app = create_app(Settings.from_env())
