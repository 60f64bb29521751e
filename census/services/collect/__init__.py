"""What comes from the field: visits, submissions, drafts, files, rescue files."""
