"""The suggestions as JSON, for shops that draw their pages without our templates."""
