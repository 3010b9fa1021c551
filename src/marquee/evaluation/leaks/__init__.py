"""What may have told a model the answers, found before anybody believes its figures."""
