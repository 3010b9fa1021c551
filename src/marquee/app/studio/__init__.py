"""The analysts' and stakeholders' app, drawn with Streamlit; it computes nothing of its own."""
