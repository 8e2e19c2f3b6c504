from equilibrium import linearised_authors, measure

if __name__ == "__main__":
    measure(linearised_authors)
