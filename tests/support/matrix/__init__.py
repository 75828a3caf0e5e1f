"""Every client before every upstream: what is asked, who asks it, who answers, and what must come of it."""
