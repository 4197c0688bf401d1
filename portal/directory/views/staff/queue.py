"""The queue: reviews, pictures, reports and claims that wait for staff."""
