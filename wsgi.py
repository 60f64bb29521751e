from census.app import Settings, create_app
app = create_app(Settings.from_env())
