"""HTTP: the API and the search page. The only room that knows Flask, marshmallow and what serves them."""
