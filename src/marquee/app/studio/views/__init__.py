"""One module for each page; each defines ``PAGE``.

Not named ``pages``: Streamlit takes the scripts of a folder of that name for pages by itself.
"""
