"""What every mail of the hub needs: addresses, headers, languages, and what a refusal means."""
