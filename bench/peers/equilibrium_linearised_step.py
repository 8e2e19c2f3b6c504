from equilibrium import linearised_step, measure

if __name__ == "__main__":
    measure(linearised_step)
