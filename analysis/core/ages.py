"""The age classes every table, margin and export speaks of."""

# name, words, youngest, oldest
AGES = (("18-34", "18—34岁", 18, 34), ("35-59", "35—59岁", 35, 59), ("60+", "60岁及以上", 60, 200))
