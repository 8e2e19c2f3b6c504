from equilibrium import gradient_authors, measure

if __name__ == "__main__":
    measure(gradient_authors)
