"""The analysts' view, a Streamlit page over the workspace."""
