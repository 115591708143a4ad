"""The site where its readers reach it: put into a bucket, and opened to each of them by signed cookies."""
