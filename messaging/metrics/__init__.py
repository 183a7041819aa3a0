"""What Prometheus reads: numbers of the stored rows at the moment of the scrape, and of this process."""
