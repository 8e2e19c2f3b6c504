from equilibrium import reparameterised_authors, measure

if __name__ == "__main__":
    measure(reparameterised_authors)
