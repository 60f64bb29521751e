"""What is derived from a definition to be looked at: fields, widgets, paper, XLSForm, JSON Schema, the phone's JSON."""
