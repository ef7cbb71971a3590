"""Where a run reads from: folders, buckets and product catalogues."""
