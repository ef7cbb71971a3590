"""The measuring house: what the service promises, measured as ratios within one run.

``python -m benchmarks [all|indexing|products|rerun|memory|search|counts|relevance] [--quick] [--write]``
"""
